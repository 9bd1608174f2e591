"""The rasa-sdk actions, run inside the api process: translate, call one use case, translate back."""

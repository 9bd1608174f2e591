"""An invented hotline: tickets that went through the real rules, conversations, opinions, deliveries."""

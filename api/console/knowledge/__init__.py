"""The library in the console: documents, entries, drafts and what people asked in vain."""

"""What knowledge editors do in the console: drafts that a second person approves, files, publishing."""

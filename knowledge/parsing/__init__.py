"""From the lines of a document to its articles and what it says of itself."""

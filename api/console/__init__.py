"""The agents' console: pages that are rendered here, kept fresh by htmx and one event stream."""

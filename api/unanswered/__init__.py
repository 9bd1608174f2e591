"""Questions that the hotline could not answer, collected and grouped for knowledge editors."""

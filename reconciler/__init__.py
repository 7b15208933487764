"""Keeps an offer catalogue in Git and makes the live repository match it."""

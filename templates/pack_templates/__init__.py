"""Starter files and prompts. Data only."""

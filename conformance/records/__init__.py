"""Histories, traces, replays and what is written from them."""

"""Pixels -> an image file in memory.

options.py holds what the caller asked for, pixels.py calls the core.
"""

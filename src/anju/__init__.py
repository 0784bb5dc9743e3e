"""Anju 安居: an open-source platform for a city's Housing Provident Fund center."""

__version__ = "0.1.0"

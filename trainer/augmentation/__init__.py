"""Varying training images at random: flips, shifts, colours.

settings.py     by how much; presets and TOML files
layers.py       the Keras layers that do it
"""

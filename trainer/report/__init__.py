"""A training record goes in; pictures, an HTML file and TensorBoard's events come out.

Its files import matplotlib, jinja2 or TensorFlow when they are loaded.
"""

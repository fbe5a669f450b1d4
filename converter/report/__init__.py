"""A ConversionReport goes in; one HTML file comes out."""

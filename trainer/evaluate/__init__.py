"""A model and images go in; figures, thresholds and mistakes come out. It imports scikit-learn when it is loaded."""

"""tools/release: both distributions built, checked, and described for whoever installs them."""

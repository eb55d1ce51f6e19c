"""What centre and cabinets say to each other: values, their canonical bytes, and the codes that protect them."""

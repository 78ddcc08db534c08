"""The demo district: who is in it, and its content in OLX beside this file."""

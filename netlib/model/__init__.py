"""The running network, built by executing its text."""

"""How far scores can be trusted: agreement with people, attacks, calibration, drift."""

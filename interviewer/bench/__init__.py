"""Measurements that the README quotes, each made against the tool that people would use instead."""

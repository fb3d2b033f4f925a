"""The Kubernetes API of a lab: a small honest API server and what keeps its promises.

Objects are plain JSON values. One `Kind` value tells everything about a kind; validation, OpenAPI,
tables and patches derive from it. Source of behaviour: kubernetes.io reference, API conventions.
"""

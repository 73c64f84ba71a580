"""The configuration: types, loading, complaints."""

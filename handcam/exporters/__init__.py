"""Write a session in the formats of others. A file here is a format; it defines ``export(session, path)``."""

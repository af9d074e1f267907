"""The words and the rules of bringing workers back: pure, without files, database, web or solver."""

"""What lies on disk: scenario and plan files, workbooks, the gazetteer and the bundled cases."""

"""Write what people take along, and read what they bring."""

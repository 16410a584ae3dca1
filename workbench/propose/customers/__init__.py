"""Who is who: keys, the way from a row to its customer, and ids that stand for nobody."""

"""The page: words, tables and charts arranged, in a language, in a company's look, on paper."""

"""Search by meaning: the vectors of index generations, in FAISS files or in PostgreSQL with pgvector."""

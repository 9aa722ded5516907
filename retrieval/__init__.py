"""What could come next: sentence embeddings, the vector index, and the candidates' probability."""

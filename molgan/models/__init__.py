"""The networks: generators, critics, the reward network, and models of measured properties."""

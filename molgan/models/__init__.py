"""The networks: generators, the discriminator, the reward network."""

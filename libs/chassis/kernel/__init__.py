"""The pure core, standard library only: the one part of the chassis that a domain may import."""

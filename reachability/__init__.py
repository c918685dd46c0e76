"""What reaches what on which port in a network, computed from what AWS's API says is deployed."""

"""The machines of the embedded Beanstalk's instances, and the network, balancers and stores around them."""

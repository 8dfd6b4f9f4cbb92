"""`lics doctor`: looks at a database and a broker, and says what is wrong and what to do. It changes nothing."""

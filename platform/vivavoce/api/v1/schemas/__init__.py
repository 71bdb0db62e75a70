"""What goes in and what comes out, one module per entity. Input and output are different classes; input knows no member it does not name."""

"""What is written for readers: folders of tables, maps, figures and briefs."""

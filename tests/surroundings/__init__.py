"""Bad surroundings: whatever the files, disks, owners and folders are, an error is clear and nothing is lost."""

"""What users did and what it says about them: behavior events and scores."""

"""What has to change on a calendar. Pure: compares what is wanted with what is there."""

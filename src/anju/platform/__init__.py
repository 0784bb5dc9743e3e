"""What every room stands on: settings, the database, documents, users. It knows no business."""

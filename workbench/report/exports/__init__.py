"""What programs and spreadsheets read: lists, ``summary.json``, the workbook."""

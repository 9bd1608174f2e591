"""What stands between the public network and the hotline: addresses, headers, rates, sizes, slow clients.

Everything is counted in this process alone and forgotten when it ends; behind several api processes each
counts for itself. From the outside in: proxy → headers → CORS → rates → bodies → the app.
"""

DRAFTS = {
    "draft-7": "# Retries\n\nTry again, but not at once and not for ever.",
    "draft-123": "# Durable python\n\nA process may die. What it has recorded does not.",
}

"""Every metric of the classifier, declared once; never a creditor, customer or invoice among the labels."""

from prometheus_client import Counter

TIER_CHANGES_TOTAL = Counter(
    "velvet_tier_changes_total",
    "Tiers told to the world, by the tier before (NONE for the first), the tier now and the rule that decided.",
    ["old_tier", "new_tier", "rule"],
)
PROFILES_TOTAL = Counter("velvet_profiles_total", "Learned behaviour told to the world.")

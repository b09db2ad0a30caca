"""./dev bench compare: Gabion beside its peers, in the same places, in the same minute."""

"""Training adapters instead of all weights: `lora` injects them by peft, and saves what was trained."""

"""``python -m ordercli`` is ``ordercli``."""

from ordercli.app import main

if __name__ == "__main__":
    main()
